import { useState } from "react";
import { useShop } from "../shop";

/** A product's picture; its first letter where there is none. The name always stands beside it in words. */
export function Picture({ src, name }: { readonly src: string | null; readonly name: string }) {
  const { known } = useShop();
  const [failedIn, setFailedIn] = useState<number | null>(null);
  // A picture that failed while the till was away is asked for again once it is back.
  if (src === null || failedIn === known.epoch) {
    return (
      <span className="picture picture-letter" aria-hidden="true">
        {name.slice(0, 1).toUpperCase()}
      </span>
    );
  }
  return (
    <img
      className="picture"
      src={src}
      alt=""
      draggable={false}
      decoding="async"
      onError={() => setFailedIn(known.epoch)}
    />
  );
}
