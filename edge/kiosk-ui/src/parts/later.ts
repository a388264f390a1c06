import { useEffect, useState } from "react";

/**
 * A part of the page that is fetched once it is likely to be needed (`load` is not `null`), so that the first load stays
 * small. While the till is away it cannot come; a new connection (`epoch`) tries again.
 */
export function useLater<Module>(load: (() => Promise<Module>) | null, epoch: number): Module | null {
  const [module, setModule] = useState<Module | null>(null);
  const missing = module === null;
  useEffect(() => {
    if (load === null || !missing) {
      return;
    }
    let wanted = true;
    load().then(
      (loaded) => wanted && setModule(loaded),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [load, epoch, missing]);
  return module;
}
