interface Props {
  readonly title: string;
  readonly hint?: string;
  /** What can be chosen: its value and how it is called. */
  readonly options: readonly (readonly [string, string])[];
  readonly chosen: readonly string[];
  readonly onChosen: (chosen: readonly string[]) => void;
}

/** Some of a few things, none or all of them. */
export function Checks({ title, hint, options, chosen, onChosen }: Props) {
  if (options.length === 0) {
    return null;
  }
  const toggle = (value: string) => onChosen(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <fieldset className="checks">
      <legend>{title}</legend>
      {hint !== undefined && <p className="soft small">{hint}</p>}
      <div className="checks-options">
        {options.map(([value, name]) => (
          <label key={value} className="check">
            <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
            <span>{name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
