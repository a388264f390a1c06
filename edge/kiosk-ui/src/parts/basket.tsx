import { useState } from "react";
import { act } from "../api/calls";
import type { LiveState } from "../api/live";
import type { Line, TillState, TrayItem } from "../api/types";
import { useActing, useShop, type Acting } from "../shop";
import { AgeBadge } from "./age";
import { Button } from "./button";
import { FailureText } from "./failure";
import { BagIcon, MinusIcon, MoreIcon, PlusIcon, RemoveIcon, SearchIcon, UndoIcon } from "./icons";
import { LineReason } from "./line-reason";
import { Picture } from "./picture";

/** A line that was taken out and can be put back; remembered until the next shopper at the latest. */
interface Removed {
  readonly line: Line;
  readonly above: number | null;
}

interface Props {
  readonly live: LiveState;
  readonly open: number | null;
  readonly onOpen: (line: number | null) => void;
  readonly onSearch: () => void;
}

/** The basket, newest line first: next to the tray, where the eyes are. */
export function Basket({ live, open, onOpen, onSearch }: Props) {
  const { state, t } = useShop();
  const [removed, setRemoved] = useState<readonly Removed[]>([]);
  const lines = [...state.basket.lines].sort((a, b) => b.line - a.line);
  const undoable = removed.filter((one) => canUndo(one.line, state));
  const covered = new Set(undoable.flatMap((one) => one.line.tracks));
  const ignored = state.tray.items.filter((item) => item.status === "ignored" && !covered.has(item.track));
  const forget = (line: Line) => setRemoved((all) => all.filter((one) => one.line.line !== line.line));

  return (
    <section className="basket" aria-labelledby="basket-title">
      <div className="basket-head">
        <h2 id="basket-title" className="section-title">
          {t("basketTitle")}
        </h2>
        <Button icon={<SearchIcon />} onClick={onSearch}>
          {t("findByName")}
        </Button>
      </div>
      {lines.length === 0 && undoable.length === 0 ? (
        <EmptyBasket />
      ) : (
        <ul className="lines">
          {undoable
            .filter((one) => one.above === null || !lines.some((line) => line.line === one.above))
            .map((one) => (
              <RemovedRow key={`removed-${one.line.line}`} line={one.line} live={live} onDone={() => forget(one.line)} />
            ))}
          {lines.map((line, index) => [
            <LineRow
              key={line.line}
              line={line}
              open={open === line.line}
              onOpen={() => onOpen(open === line.line ? null : line.line)}
              onRemoved={() => setRemoved((all) => [...all, { line, above: lines[index - 1]?.line ?? null }])}
            />,
            ...undoable
              .filter((one) => one.above === line.line)
              .map((one) => (
                <RemovedRow key={`removed-${one.line.line}`} line={one.line} live={live} onDone={() => forget(one.line)} />
              )),
          ])}
        </ul>
      )}
      {ignored.length > 0 && <IgnoredRows items={ignored} />}
      {state.basket.lines.length > 0 && <CancelAll />}
    </section>
  );
}

function EmptyBasket() {
  const { t } = useShop();
  return (
    <div className="basket-empty">
      <BagIcon />
      <p className="basket-empty-title">{t("basketEmpty")}</p>
      <p>{t("basketEmptyHint")}</p>
    </div>
  );
}

interface RowProps {
  readonly line: Line;
  readonly open: boolean;
  readonly onOpen: () => void;
  readonly onRemoved: () => void;
}

function LineRow({ line, open, onOpen, onRemoved }: RowProps) {
  const { t, name, money, price, quantity } = useShop();
  const acting = useActing();
  const called = name(line.name);
  const remove = async () => {
    if (await acting.run({ action: "remove_line", line: line.line })) {
      onRemoved();
    }
  };
  return (
    <li className="line" data-line={line.line} data-product={line.product} data-open={open || undefined}>
      <button type="button" className="line-what" aria-expanded={open} aria-controls={`reason-${line.line}`} onClick={onOpen}>
        <Picture src={line.picture} name={called} />
        <span className="line-words">
          <span className="line-name">{called}</span>
          <span className="line-unit">
            <AgeBadge limit={line.age_limit} />
            {price(line.unit_price)}
            <MoreIcon />
          </span>
        </span>
        <span className="hidden">{t("explain", { name: called })}</span>
      </button>
      <div className="line-tools">
        {line.can_change_quantity ? (
          <Stepper line={line} acting={acting} />
        ) : (
          <span className="line-quantity">{line.quantity === null ? t("notWeighed") : quantity(line.quantity)}</span>
        )}
        <Button
          kind="quiet"
          className="line-remove"
          icon={<RemoveIcon />}
          aria-label={t("remove", { name: called })}
          busy={acting.busy}
          onClick={() => void remove()}
        />
      </div>
      <span className="line-amount">{line.amount_minor === null ? "—" : money(line.amount_minor)}</span>
      <FailureText failure={acting.failure} />
      {open && <LineReason line={line} id={`reason-${line.line}`} />}
    </li>
  );
}

/** Taps count at once, one after the other, whatever the till still has to answer. */
function Stepper({ line, acting }: { readonly line: Line; readonly acting: Acting }) {
  const { t, name, language } = useShop();
  const [aim, setAim] = useState<number | null>(null);
  const pieces = line.quantity !== null && "pieces" in line.quantity ? line.quantity.pieces : 1;
  const shown = acting.busy && aim !== null ? aim : pieces;
  const called = name(line.name);
  // What lies on the tray is bought: fewer of it means taking one away.
  const fewest = Math.max(1, line.tracks.length);
  const set = (next: number) => {
    setAim(next);
    void acting.run({ action: "set_quantity", line: line.line, pieces: next });
  };
  return (
    <div className="stepper" role="group" aria-label={t("quantityOf", { name: called })}>
      <Button
        icon={<MinusIcon />}
        aria-label={t("fewer", { name: called })}
        disabled={shown <= fewest}
        onClick={() => set(shown - 1)}
      />
      <output className="stepper-count">{new Intl.NumberFormat(language.locale).format(shown)}</output>
      <Button
        icon={<PlusIcon />}
        aria-label={t("more", { name: called })}
        disabled={shown >= 99}
        onClick={() => set(shown + 1)}
      />
    </div>
  );
}

interface RemovedProps {
  readonly line: Line;
  readonly live: LiveState;
  readonly onDone: () => void;
}

function RemovedRow({ line, live, onDone }: RemovedProps) {
  const { t, name } = useShop();
  const acting = useActing();
  const called = name(line.name);
  const undo = async () => {
    if (await acting.attempt(putBack(line, live))) {
      onDone();
    }
  };
  return (
    <li className="line-removed">
      <span className="line-removed-text">{t("removed", { name: called })}</span>
      <Button icon={<UndoIcon />} busy={acting.busy} aria-label={`${t("undo")}: ${called}`} onClick={() => void undo()}>
        {t("undo")}
      </Button>
      <FailureText failure={acting.failure} />
    </li>
  );
}

/** A removed line can come back while one of its items lies ignored on the tray, or when it never lay there. */
function canUndo(line: Line, state: TillState): boolean {
  if (state.basket.lines.some((one) => one.line === line.line)) {
    return false;
  }
  return line.tracks.length === 0 || ignoredTracks(line, state).length > 0;
}

function ignoredTracks(line: Line, state: TillState): readonly number[] {
  return line.tracks.filter((track) =>
    state.tray.items.some((item) => item.track === track && item.status === "ignored"),
  );
}

async function putBack(line: Line, live: LiveState) {
  const state = live.current().state;
  const tracks = state === null ? [] : ignoredTracks(line, state);
  let outcome =
    line.tracks.length === 0
      ? await act({ action: "add_product", product: line.product })
      : await act({ action: "restore_item", track: tracks[0] ?? -1 });
  for (const track of tracks.slice(1)) {
    if (outcome.ok) {
      outcome = await act({ action: "restore_item", track });
    }
  }
  if (!outcome.ok || line.quantity === null || !("pieces" in line.quantity) || !line.can_change_quantity) {
    return outcome;
  }
  const { pieces } = line.quantity;
  const back = await live.when((next) => next.basket.lines.find((one) => one.product === line.product) ?? null);
  const has = back?.quantity;
  if (back && has && "pieces" in has && has.pieces !== pieces && back.can_change_quantity) {
    return act({ action: "set_quantity", line: back.line, pieces });
  }
  return outcome;
}

function IgnoredRows({ items }: { readonly items: readonly TrayItem[] }) {
  const { t } = useShop();
  return (
    <div className="ignored">
      <h3 className="ignored-title">{t("ignoredTitle")}</h3>
      <ul>
        {items.map((item) => (
          <IgnoredRow key={item.track} item={item} />
        ))}
      </ul>
    </div>
  );
}

function IgnoredRow({ item }: { readonly item: TrayItem }) {
  const { t, name, lineOf } = useShop();
  const acting = useActing();
  const line = lineOf(item.track);
  const called = line === null ? t("itemUnknown") : name(line.name);
  return (
    <li className="ignored-row" data-track={item.track}>
      {line === null ? <Picture src={null} name="?" /> : <Picture src={line.picture} name={called} />}
      <span className="ignored-name">{called}</span>
      <Button
        icon={<UndoIcon />}
        busy={acting.busy}
        aria-label={t("takeBackName", { name: called })}
        onClick={() => void acting.run({ action: "restore_item", track: item.track })}
      >
        {t("takeBack")}
      </Button>
      <FailureText failure={acting.failure} />
    </li>
  );
}

/** Asks once more on the spot: everything at stake stays in sight. */
export function CancelAll() {
  const { t } = useShop();
  const acting = useActing();
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <div className="cancel-all">
        <Button kind="quiet" onClick={() => setAsked(true)}>
          {t("cancelAll")}
        </Button>
      </div>
    );
  }
  return (
    <div className="cancel-all" role="group" aria-labelledby="cancel-all-sure">
      <p id="cancel-all-sure">{t("cancelAllSure")}</p>
      <Button kind="danger" busy={acting.busy} onClick={() => void acting.run({ action: "cancel" })}>
        {t("cancelAllYes")}
      </Button>
      <Button autoFocus onClick={() => setAsked(false)}>
        {t("cancelAllNo")}
      </Button>
      <FailureText failure={acting.failure} />
    </div>
  );
}
