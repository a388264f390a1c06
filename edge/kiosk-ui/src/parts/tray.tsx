import { useEffect, useRef, useState, type MouseEvent, type ReactNode, type RefObject } from "react";
import type { ItemStatus, Tray as TrayState, TrayItem } from "../api/types";
import type { Key } from "../i18n/language";
import { useShop } from "../shop";
import { AskIcon, BagIcon, CheckIcon, CoveredIcon, IgnoredIcon, ScaleIcon } from "./icons";
import { corners, itemAt, placeLabels, type Placed, type Size } from "./tray-labels";

const ICONS: Readonly<Record<ItemStatus, () => ReactNode>> = {
  sure: CheckIcon,
  asking: AskIcon,
  weighing: ScaleIcon,
  covered: CoveredIcon,
  ignored: IgnoredIcon,
  sold: BagIcon,
};

const SPOKEN: Readonly<Record<ItemStatus, Key>> = {
  sure: "itemSure",
  asking: "itemAsking",
  weighing: "itemWeighing",
  covered: "itemCovered",
  ignored: "itemIgnored",
  sold: "itemSold",
};

/** Statuses whose label says what to do or what holds; the others are named by their product. */
const SHORT: Partial<Readonly<Record<ItemStatus, Key>>> = {
  asking: "labelAsking",
  weighing: "labelWeighing",
  ignored: "labelIgnored",
  sold: "labelSold",
};

/** Statuses whose label is the product's name. */
const NAMED: ReadonlySet<ItemStatus> = new Set(["sure", "covered", "sold"]);

/** How much of the picture labels may hide before names give way. */
const MOST_HIDDEN = 0.2;

const UNSETTLED: Readonly<Record<"moving" | "blurred" | "scene_changed", Key>> = {
  moving: "trayMoving",
  blurred: "trayBlurred",
  scene_changed: "trayChanged",
};

interface Props {
  /** The item whose line or question is open. */
  readonly selected: number | null;
  readonly onPick: (item: TrayItem) => void;
}

/** The tray as the camera sees it, with every item marked: by line style, icon and word, and by colour last. */
export function Tray({ selected, onPick }: Props) {
  const { state, t } = useShop();
  const { tray } = state;
  const frame = frameOf(tray);
  const view = useRef<HTMLDivElement>(null);
  const size = useSizeOf(view);

  const pickAt = (event: MouseEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - box.x) / box.width) * frame.width;
    const y = ((event.clientY - box.y) / box.height) * frame.height;
    const item = itemAt(tray.items, x, y);
    if (item !== null) {
      onPick(item);
    }
  };

  return (
    <section className="tray" aria-label={t("trayTitle")}>
      <div
        ref={view}
        className="tray-view"
        style={{ aspectRatio: `${frame.width} / ${frame.height}` }}
        onClick={pickAt}
      >
        <Preview />
        <svg
          className="tray-boxes"
          viewBox={`0 0 ${frame.width} ${frame.height}`}
          aria-hidden="true"
          focusable="false"
        >
          {tray.items.map((item) => (
            <Box key={item.track} item={item} selected={item.track === selected} />
          ))}
        </svg>
        {size !== null && <Labels size={size} selected={selected} onPick={onPick} />}
        {tray.unsettled !== null && (
          <p className={`tray-unsettled tray-${tray.unsettled}`}>
            <span className="tray-pulse" aria-hidden="true" />
            {t(UNSETTLED[tray.unsettled])}
          </p>
        )}
      </div>
    </section>
  );
}

/** The frame's size; before the first frame the usual shape, so that the page does not jump when it comes. */
function frameOf(tray: TrayState): Size {
  const known = tray.frame_width > 0 && tray.frame_height > 0;
  return known ? { width: tray.frame_width, height: tray.frame_height } : { width: 4, height: 3 };
}

function Box({ item, selected }: { readonly item: TrayItem; readonly selected: boolean }) {
  const { x, y, width, height } = item.bounds;
  const bracketed = item.status === "sure" || item.status === "sold";
  const shape = (part: string) =>
    bracketed ? (
      <path className={part} d={corners(item.bounds)} />
    ) : (
      <rect className={part} x={x} y={y} width={width} height={height} rx={Math.min(width, height) * 0.09} />
    );
  return (
    <g className={`box box-${item.status}`} data-selected={selected || undefined}>
      {selected && <rect className="box-fill" x={x} y={y} width={width} height={height} rx={Math.min(width, height) * 0.09} />}
      {shape("box-halo")}
      {shape("box-line")}
    </g>
  );
}

function Labels({ size, selected, onPick }: Props & { readonly size: Size }) {
  const { state, t, name, lineOf } = useShop();
  const { tray } = state;
  const said = tray.items.map((item) => {
    const line = lineOf(item.track);
    const product = line === null ? "" : name(line.name);
    const short = SHORT[item.status];
    return { item, product, text: short === undefined ? product : t(short) };
  });
  const labels = layOut(said, size.width / frameOf(tray).width, size);

  return labels.map(({ item, product, text, place }) => {
    const StatusIcon = ICONS[item.status];
    return (
      <button
        key={item.track}
        type="button"
        className={`label label-${item.status}`}
        data-selected={item.track === selected || undefined}
        data-track={item.track}
        style={{ left: place.x, top: place.y, width: place.width, height: place.height }}
        aria-label={t(SPOKEN[item.status], { name: product === "" ? t("itemUnknown") : product })}
        onClick={(event) => {
          event.stopPropagation();
          onPick(item);
        }}
      >
        <span className="label-icon">
          <StatusIcon />
        </span>
        {text !== "" && <span className="label-text">{text}</span>}
      </button>
    );
  });
}

interface Said {
  readonly item: TrayItem;
  readonly product: string;
  readonly text: string;
}

/**
 * Finds each label its place. On a full tray names would hide the goods: then only what needs an answer is spelled out,
 * and the rest is named in the basket.
 */
function layOut(said: readonly Said[], scale: number, size: Size): readonly (Said & { readonly place: Placed })[] {
  const type = typeSizes();
  const wide = (text: string) => Math.min(type.small * (text.length * 0.62 + 3.2), type.small * 14, size.width);
  const area = said.reduce((sum, { text }) => sum + wide(text) * type.target, 0);
  const crowded = area > MOST_HIDDEN * size.width * size.height;
  const shown = said.map((one) => (crowded && NAMED.has(one.item.status) ? { ...one, text: "" } : one));
  const places = placeLabels(
    shown.map(({ item, text }) => ({
      track: item.track,
      bounds: {
        x: item.bounds.x * scale,
        y: item.bounds.y * scale,
        width: item.bounds.width * scale,
        height: item.bounds.height * scale,
      },
      width: text === "" ? type.target : wide(text),
      height: type.target,
    })),
    size,
  );
  return shown.flatMap((one, index) => {
    const place = places[index];
    return place === undefined ? [] : [{ ...one, place }];
  });
}

/** Sizes the style sheet settled on, in pixels: labels are laid out by hand. */
function typeSizes(): { readonly small: number; readonly target: number } {
  const style = getComputedStyle(document.documentElement);
  const root = Number.parseFloat(style.fontSize) || 16;
  const millimetre = Number.parseFloat(style.getPropertyValue("--mm")) || 3.61;
  const small = (millimetre * 7.5 * root) / 16;
  return { small, target: Math.max(44, millimetre * 15.3, small * 1.9) };
}

const RETRY_MS = 2_000;

/** The live picture. Its connection is let go of at once when the picture leaves the screen: the till has only a few. */
function Preview() {
  const { state, known, t } = useShop();
  const image = useRef<HTMLImageElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [failed, setFailed] = useState(false);
  const gone = failed || known.connection === "lost" || state.notices.some((notice) => notice.code === "camera_lost");

  useEffect(() => {
    const shown = image.current;
    if (shown === null) {
      return;
    }
    setFailed(false);
    shown.src = `/api/v1/preview.mjpeg?view=${known.epoch}.${attempt}`;
    return () => shown.removeAttribute("src");
  }, [known.epoch, attempt]);

  useEffect(() => {
    if (!failed) {
      return;
    }
    const timer = setTimeout(() => setAttempt((count) => count + 1), RETRY_MS);
    return () => clearTimeout(timer);
  }, [failed]);

  return (
    <>
      <img
        ref={image}
        className="tray-picture"
        data-gone={gone || undefined}
        alt={t("trayPicture")}
        draggable={false}
        onError={() => setFailed(true)}
      />
      {gone && <p className="tray-gone">{t("trayPictureGone")}</p>}
    </>
  );
}

function useSizeOf(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const measured = element.current;
    if (measured === null) {
      return;
    }
    const observer = new ResizeObserver(() => {
      setSize({ width: measured.clientWidth, height: measured.clientHeight });
    });
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
