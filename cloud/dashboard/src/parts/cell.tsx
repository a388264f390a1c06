import type { ReactNode } from "react";

interface Props {
  /** What the column is called: stands in the cell where the table is too narrow for columns. */
  readonly label: string;
  readonly numeric?: boolean;
  readonly children: ReactNode;
}

/** A cell of a table that becomes a list where it is narrow. The roles stay, whatever a style sheet makes of it. */
export function Cell({ label, numeric = false, children }: Props) {
  return (
    <td role="cell" data-numeric={numeric || undefined}>
      <span className="cell-label" aria-hidden="true">
        {label}
      </span>
      <span className="cell-value">{children}</span>
    </td>
  );
}

/** A column's head. */
export function Column({ children, numeric = false }: { readonly children: ReactNode; readonly numeric?: boolean }) {
  return (
    <th role="columnheader" scope="col" data-numeric={numeric || undefined}>
      {children}
    </th>
  );
}
