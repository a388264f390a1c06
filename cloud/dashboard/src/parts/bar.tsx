import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Session } from "../api/types";
import { usePage } from "../page";
import { type Group, groupOf, GROUPS, type Place, TITLES } from "../places";
import { addressOf } from "../route";
import { Bell } from "./bell";
import { MarkIcon, MenuIcon } from "./icons";

/** Where there is room for the groups beside each other; `bar.css` has the same. */
const WIDE = "(min-width: 64rem)";

interface Props {
  readonly session: Session;
  readonly at: Place;
  readonly chooser: ReactNode;
  readonly onSignOut: () => void;
}

/** The top of the page: whose it is, the way to every place, and what is the visitor's own. Narrow, all of it is in a drawer. */
export function Bar({ session, at, chooser, onSignOut }: Props) {
  const { t } = usePage();
  const own = (
    <>
      {chooser}
      {session.name !== undefined && <span className="bar-name">{session.name}</span>}
      <button type="button" className="button" onClick={onSignOut}>
        {t("signOut")}
      </button>
    </>
  );
  return (
    <header className="bar">
      <Drawer at={at}>
        <Brand organisation={session.organisation} />
        <nav className="places" aria-label={t("places")}>
          {GROUPS.map((group) => (
            <GroupOfPlaces key={group.title} group={group} at={at} />
          ))}
        </nav>
        <div className="drawer-own">{own}</div>
      </Drawer>
      <div className="bar-wide">
        <Brand organisation={session.organisation} />
        <nav className="places groups" aria-label={t("places")}>
          <ul>
            {GROUPS.map((group) => (
              <li key={group.title}>
                <a href={addressOf(group.places[0])} aria-current={group === groupOf(at) ? "true" : undefined}>
                  {t(group.title)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <div className="bar-tools">
        <Bell />
        <div className="bar-wide">{own}</div>
      </div>
      <nav className="places bar-wide places-here" aria-label={t(groupOf(at).title)}>
        <PlaceLinks group={groupOf(at)} at={at} />
      </nav>
    </header>
  );
}

function Brand({ organisation }: { readonly organisation: string }) {
  const { t } = usePage();
  return (
    <p className="brand">
      <MarkIcon />
      <span>{t("appName")}</span>
      <span className="brand-of">{organisation}</span>
    </p>
  );
}

/**
 * A button that names the place where the visitor is, and behind it the way to all others. The browser keeps keys and readers
 * within an open dialog, closes it with Escape, and goes back to the button.
 */
function Drawer({ at, children }: { readonly at: Place; readonly children: ReactNode }) {
  const { t } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (open) {
      dialog.current?.showModal();
    } else {
      dialog.current?.close();
    }
  }, [open]);
  // Whoever has chosen a place wants to see it; a window that became wide has no button to go back to.
  useEffect(() => {
    const close = () => setOpen(false);
    const wide = matchMedia(WIDE);
    window.addEventListener("hashchange", close);
    wide.addEventListener("change", close);
    return () => {
      window.removeEventListener("hashchange", close);
      wide.removeEventListener("change", close);
    };
  }, []);
  return (
    <>
      <button type="button" className="button menu-button" aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(true)}>
        <MenuIcon />
        <span className="hidden">{t("menu")}: </span>
        <span className="menu-place">{t(TITLES[at])}</span>
      </button>
      <dialog
        ref={dialog}
        className="drawer"
        aria-label={t("menu")}
        onClose={() => setOpen(false)}
        onClick={(event) => event.target === event.currentTarget && setOpen(false)}
      >
        {open && (
          <div className="drawer-inner">
            <button type="button" className="button drawer-close" onClick={() => setOpen(false)}>
              {t("close")}
            </button>
            {children}
          </div>
        )}
      </dialog>
    </>
  );
}

function GroupOfPlaces({ group, at }: { readonly group: Group; readonly at: Place }) {
  const { t } = usePage();
  return (
    <section className="drawer-group" aria-label={t(group.title)}>
      <h2>{t(group.title)}</h2>
      <PlaceLinks group={group} at={at} />
    </section>
  );
}

function PlaceLinks({ group, at }: { readonly group: Group; readonly at: Place }) {
  const { t } = usePage();
  return (
    <ul>
      {group.places.map((place) => (
        <li key={place}>
          <a href={addressOf(place)} aria-current={place === at ? "page" : undefined}>
            {t(TITLES[place])}
          </a>
        </li>
      ))}
    </ul>
  );
}
