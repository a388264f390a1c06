import { Fragment, type ReactNode } from "react";
import type { Key } from "../i18n/language";
import { usePage } from "../page";

/** A text whose one hole is filled with something that is more than text. */
export function Filled({ text, children }: { readonly text: Key; readonly children: ReactNode }) {
  const { t } = usePage();
  return t(text)
    .split(/\{\w+\}/)
    .map((part, index) => (
      <Fragment key={index}>
        {index > 0 && children}
        {part}
      </Fragment>
    ));
}
