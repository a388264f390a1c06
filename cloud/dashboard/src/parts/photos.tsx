import { useState } from "react";
import type { Values } from "../../../../shared/pages/texts";
import { productPath, upload, type Failure } from "../api/calls";
import type { Items, Photo, Product, ProductRegistered } from "../api/types";
import { useAgainWhile, useAsked } from "../fleet/asked";
import type { Key } from "../i18n/language";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { PartState } from "./part-state";

/** As the cloud takes them. */
const PHOTOS_MAX = 10;
const PHOTO_MAX_BYTES = 15 * 1024 * 1024;
export const PHOTO_KINDS = "image/jpeg,image/png,image/webp";
/** Photos become vectors within seconds; until then they are asked about so often. */
const ASK_EVERY_MS = 2_000;

const STATES: Readonly<Record<string, Key>> = { waiting: "photoWaiting", embedded: "photoEmbedded", failed: "photoFailed" };

/** What tills recognise a product by. */
export function Photos({ product }: { readonly product: Product }) {
  const { t } = usePage();
  const session = useVisitor();
  const { part, again } = useAsked<Items<Photo>>(`${productPath(product.id)}/photos`);
  const photos = part.value?.items ?? [];
  const waiting = photos.some((photo) => photo.state === "waiting");
  useAgainWhile(waiting, again, ASK_EVERY_MS);
  return (
    <div className="product-part">
      <h3>{t("photos")}</h3>
      <PartState part={part} />
      {part.value !== null && photos.length === 0 && <p className="soft">{t("photosNone")}</p>}
      {photos.length > 0 && (
        <ul className="photos">
          {photos.map((photo, index) => (
            <li key={photo.id}>
              <img src={`/api/v1/photos/${encodeURIComponent(photo.id)}`} alt={t("photoNumber", { number: index + 1 })} loading="lazy" />
              <span className="small" data-state={photo.state}>
                {t(STATES[photo.state] ?? "photoWaiting")}
              </span>
            </li>
          ))}
        </ul>
      )}
      {may(session, "change-products") && <AddPhotos product={product} onAdded={again} />}
    </div>
  );
}

/** Why these files would be refused, before they are sent; `null` where the cloud has the word. */
export function photosWrong(files: readonly File[]): { readonly key: Key; readonly values: Values } | null {
  if (files.length > PHOTOS_MAX) {
    return { key: "photosTooMany", values: { count: PHOTOS_MAX } };
  }
  const large = files.find((file) => file.size > PHOTO_MAX_BYTES);
  return large === undefined ? null : { key: "photoTooLarge", values: { name: large.name } };
}

type Told = { readonly kind: "wrong"; readonly text: string } | { readonly kind: "added"; readonly count: number };

function AddPhotos({ product, onAdded }: { readonly product: Product; readonly onAdded: () => void }) {
  const { t, failure: textOf } = usePage();
  const session = useVisitor();
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<Told | null>(null);
  const wrong = (failure: Failure) => setTold({ kind: "wrong", text: failure.kind === "unreachable" ? t("problemUnreachableOnce") : textOf(failure) });
  const add = async (input: HTMLInputElement) => {
    const files = [...(input.files ?? [])];
    input.value = "";
    if (files.length === 0 || busy) {
      return;
    }
    const refused = photosWrong(files);
    if (refused !== null) {
      return setTold({ kind: "wrong", text: t(refused.key, refused.values) });
    }
    setBusy(true);
    setTold(null);
    const form = new FormData();
    files.forEach((file) => form.append("images", file));
    const outcome = await upload<ProductRegistered>(session, `${productPath(product.id)}/photos`, form);
    setBusy(false);
    onAdded();
    if (outcome.ok) {
      setTold({ kind: "added", count: outcome.value.photos.length });
    } else {
      wrong(outcome.failure);
    }
  };
  return (
    <div className="add-photos">
      <label className="button" data-busy={busy || undefined}>
        {t(busy ? "photosAdding" : "photosAdd")}
        <input className="hidden" type="file" accept={PHOTO_KINDS} multiple aria-describedby="photos-hint" onChange={(event) => void add(event.currentTarget)} />
      </label>
      <p id="photos-hint" className="soft small">
        {t("photosHint")}
      </p>
      <div role="status" className="told">
        {told?.kind === "wrong" && <p className="banner banner-error">{told.text}</p>}
        {told?.kind === "added" && <p className="saved">{t(told.count === 0 ? "photosKnown" : "photosAdded", { count: told.count })}</p>}
      </div>
    </div>
  );
}
