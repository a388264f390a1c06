import { useEffect, useRef, useState } from "react";
import type { Claim, Store, Till } from "../api/types";
import { clockTime } from "../format/times";
import { useCloudTime, usePage } from "../page";

interface Props {
  readonly store: Store;
  readonly till: Till;
  readonly claim: Claim;
  readonly onClose: () => void;
}

/** A claim code: shown this once, with what to do with it and until when. */
export function ClaimCode({ store, till, claim, onClose }: Props) {
  const { language, t } = usePage();
  const left = claim.expires_at_ms - useCloudTime();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const until = clockTime(claim.expires_at_ms, language.locale, store.time_zone);
  // The nearest: an hour by the cloud's clock must not read as 61 minutes by this one.
  const minutes = left > 0 ? Math.max(1, Math.round(left / 60_000)) : 0;
  return (
    <div ref={box} className="banner banner-info claim" role="group" aria-label={t("claimTitle", { till: till.name })} tabIndex={-1}>
      <div>
        <p>
          <strong>{t("claimTitle", { till: till.name })}</strong>
        </p>
        {left > 0 ? (
          <>
            <p className="claim-code">
              <code>{claim.code}</code>
            </p>
            <p className="small">{t("claimUntil", { time: until, minutes: t("minutes", { count: minutes }) })}</p>
            <p className="small">{t("claimHow")}</p>
            <pre className="claim-how" tabIndex={0} aria-label={t("claimCommand")}>
              <code>{`tillsight cloud claim ${claim.address}`}</code>
            </pre>
            <p className="small">{t("claimOnce")}</p>
          </>
        ) : (
          <p>{t("claimEnded", { time: until })}</p>
        )}
        <p className="deeds">
          {left > 0 && <CopyButton text={claim.code} />}
          <button type="button" className="button" onClick={onClose}>
            {t("close")}
          </button>
        </p>
      </div>
    </div>
  );
}

/** Pages without TLS may not write to the clipboard: the code is then selected, for the keys that copy. */
function CopyButton({ text }: { readonly text: string }) {
  const { t } = usePage();
  const [copied, setCopied] = useState<"no" | "yes" | "by-hand">("no");
  const copy = async (button: Element) => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied("yes");
    } catch {
      const code = button.closest(".claim")?.querySelector(".claim-code code");
      if (code) {
        getSelection()?.selectAllChildren(code);
      }
      setCopied("by-hand");
    }
  };
  return (
    <>
      <button type="button" className="button button-primary" onClick={(event) => void copy(event.currentTarget)}>
        {t("claimCopy")}
      </button>
      <span role="status" className="small">
        {copied === "yes" && t("claimCopied")}
        {copied === "by-hand" && t("claimCopyByHand")}
      </span>
    </>
  );
}
