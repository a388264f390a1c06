/**
 * The newest day of birth with which somebody is `age` years old on the day of `now`. Who was born on a 29 February is so
 * from 1 March in other years: where the day does not exist, the one before it counts.
 */
export function bornBy(now: Date, age: number): Date {
  const born = new Date(now.getFullYear() - age, now.getMonth(), now.getDate());
  if (born.getMonth() !== now.getMonth()) {
    born.setDate(0);
  }
  return born;
}
