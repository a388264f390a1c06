import { type ReactNode, useEffect, useState } from "react";

/** A pause in writing that means a word is done. */
const PAUSE_MS = 250;

interface Props {
  readonly label: string;
  readonly hint: string;
  /** What is looked for now. */
  readonly search: string;
  /** Told once somebody has written something else, without the blanks around it. */
  readonly onSearch: (search: string) => void;
  /** What else the list is narrowed by. */
  readonly children: ReactNode;
}

/** Looks for what is written, a moment after the last key. */
export function Finder({ label, hint, search, onSearch, children }: Props) {
  const [written, setWritten] = useState(search);
  useEffect(() => setWritten(search), [search]);
  useEffect(() => {
    if (written.trim() === search) {
      return;
    }
    const timer = setTimeout(() => onSearch(written.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [written, search, onSearch]);
  return (
    <form role="search" className="finder" onSubmit={(event) => event.preventDefault()}>
      <label className="field">
        <span>{label}</span>
        <input type="search" value={written} maxLength={100} placeholder={hint} onChange={(event) => setWritten(event.target.value)} />
      </label>
      {children}
    </form>
  );
}
