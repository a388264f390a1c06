import { type Box, type ChartDay, drawn } from "../demand/chart";
import { dayText } from "../documents/shown";
import { usePage } from "../page";

/** Wide and narrow pages draw the same picture in two shapes, so that what is written in it stays legible. */
const WIDE: Box = { width: 960, height: 320, left: 52, bottom: 30, top: 12 };
const NARROW: Box = { width: 380, height: 300, left: 44, bottom: 30, top: 12 };
/** Half of what the name of a day takes: one at the edge is moved inwards. */
const DAY_ROOM = 28;

/** What was sold and what is expected, with the room in which eight of ten days lie. The table beside it says the same in numbers. */
export function ForecastChart({ days, label, amount }: ChartProps) {
  return (
    <div className="forecast-chart" role="img" aria-label={label}>
      <Picture days={days} amount={amount} box={WIDE} named={8} className="chart-wide" />
      <Picture days={days} amount={amount} box={NARROW} named={3} className="chart-narrow" />
    </div>
  );
}

interface ChartProps {
  readonly days: readonly ChartDay[];
  readonly label: string;
  /** How an amount is written beside it. */
  readonly amount: (value: number) => string;
}

interface PictureProps extends Omit<ChartProps, "label"> {
  readonly box: Box;
  /** How many days are named below it. */
  readonly named: number;
  readonly className: string;
}

function Picture({ days, amount, box, named, className }: PictureProps) {
  const { language } = usePage();
  const { band, mean, sold, ticks, todayX, x } = drawn(days, box);
  const every = Math.max(1, Math.ceil(days.length / named));
  const floor = box.height - box.bottom;
  return (
    <svg className={className} viewBox={`0 0 ${box.width} ${box.height}`} aria-hidden="true" focusable="false">
      {ticks.map(({ value, y }) => (
        <g key={value}>
          <line className="chart-grid" x1={box.left} x2={box.width} y1={y} y2={y} />
          <text className="chart-text" x={box.left - 8} y={y + 4} textAnchor="end">
            {amount(value)}
          </text>
        </g>
      ))}
      {days.map(
        ({ day }, index) =>
          index % every === Math.floor(every / 2) && (
            <text key={day} className="chart-text" x={Math.min(x(index), box.width - DAY_ROOM)} y={floor + 20} textAnchor="middle">
              {shortDay(day, language.locale)}
            </text>
          ),
      )}
      <path className="chart-band" d={band} />
      {todayX !== null && <line className="chart-today" x1={todayX} x2={todayX} y1={box.top} y2={floor} />}
      <path className="chart-sold" d={sold} />
      <path className="chart-mean" d={mean} />
    </svg>
  );
}

function shortDay(day: string, locale: string): string {
  const at = Date.parse(`${day}T12:00:00Z`);
  return Number.isNaN(at) ? dayText(day, locale) : new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }).format(at);
}

/** What the lines of the picture are. */
export function ChartLegend() {
  const { t } = usePage();
  return (
    <ul className="chart-legend soft small" aria-hidden="true">
      <li className="legend-sold">{t("legendSold")}</li>
      <li className="legend-mean">{t("legendMean")}</li>
      <li className="legend-band">{t("legendBand")}</li>
    </ul>
  );
}

/** A day as it stands in the picture's twin in numbers. */
export function weekdayText(day: string, locale: string): string {
  const at = Date.parse(`${day}T12:00:00Z`);
  return Number.isNaN(at) ? dayText(day, locale) : new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(at);
}
