/** Times of day as minutes from midnight, which is how quiet hours are kept. */

/** `22:05` for 1325. */
export function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** 1325 for `22:05`; midnight for what is no time. */
export function minuteOf(clock: string): number {
  const [, hours, minutes] = /^(\d{2}):(\d{2})/.exec(clock) ?? [];
  return hours === undefined || minutes === undefined ? 0 : Number(hours) * 60 + Number(minutes);
}
