import { useEffect, useRef, useState } from "react";
import { documentPath } from "../api/calls";
import type { Parsed, Place } from "../api/types";
import { placesOf } from "../documents/places";
import { usePage } from "../page";

interface Props {
  readonly document: string;
  readonly parsed: Parsed;
  /** Where what has the focus stands. */
  readonly place: Place | null;
}

/** The pages as they are printed, with a box around each value that was read; the one that has the focus is drawn strongly. */
export function PagePictures({ document, parsed, place }: Props) {
  const { t } = usePage();
  const places = placesOf(parsed);
  const [page, setPage] = useState(1);
  const [gone, setGone] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const lit = useRef<HTMLSpanElement>(null);
  const pages = parsed.pages ?? 0;
  useEffect(() => {
    if (place !== null) {
      setPage(place.page);
    }
  }, [place]);
  useEffect(() => {
    const [box, around] = [lit.current, frame.current];
    if (box !== null && around !== null) {
      around.scrollTop = box.offsetTop - around.clientHeight / 3;
      around.scrollLeft = box.offsetLeft - around.clientWidth / 3;
    }
  }, [place, page]);
  if (places.length === 0 || gone) {
    return null;
  }
  const count = Math.max(pages, ...places.map((one) => one.page));
  return (
    <figure className="page-picture" data-page={page}>
      {/* Keys move it too: it is a part of the page that scrolls by itself. */}
      <div ref={frame} className="page-frame" tabIndex={0} role="group" aria-label={t("pageOf", { page, pages: count })}>
        <div className="page-sheet">
          <img src={`${documentPath(document)}/pages/${page}`} alt={t("pageOf", { page, pages: count })} onError={() => setGone(true)} />
          {places
            .filter((one) => one.page === page)
            .map((one) => {
              const on = place !== null && isSame(one, place);
              return <span key={`${one.x0} ${one.y0} ${one.x1}`} ref={on ? lit : undefined} className="page-box" data-lit={on || undefined} style={boxOf(one)} />;
            })}
        </div>
      </div>
      {count > 1 && (
        <figcaption className="deeds">
          <button type="button" className="button" disabled={page <= 1} onClick={() => setPage(page - 1)}>
            {t("pageBefore")}
          </button>
          <span>{t("pageOf", { page, pages: count })}</span>
          <button type="button" className="button" disabled={page >= count} onClick={() => setPage(page + 1)}>
            {t("pageAfter")}
          </button>
        </figcaption>
      )}
    </figure>
  );
}

function isSame(one: Place, other: Place): boolean {
  return one.page === other.page && one.x0 === other.x0 && one.y0 === other.y0 && one.x1 === other.x1;
}

function boxOf({ x0, y0, x1, y1 }: Place) {
  const part = (share: number) => `${share * 100}%`;
  return { insetInlineStart: part(x0), insetBlockStart: part(y0), inlineSize: part(x1 - x0), blockSize: part(y1 - y0) };
}
