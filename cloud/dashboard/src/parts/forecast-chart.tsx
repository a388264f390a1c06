import { type Box, drawn } from "../demand/chart";
import { chartDays, quantityText } from "../demand/words";
import type { Forecast } from "../api/types";
import { dayText } from "../documents/shown";
import { usePage } from "../page";

/** Wide and narrow pages draw the same picture in two shapes, so that what is written in it stays legible. */
const WIDE: Box = { width: 960, height: 320, left: 52, bottom: 30, top: 12 };
const NARROW: Box = { width: 380, height: 300, left: 44, bottom: 30, top: 12 };

/** What was sold and what is expected, with the room in which eight of ten days lie. The table beside it says the same in numbers. */
export function ForecastChart({ forecast, label }: { readonly forecast: Forecast; readonly label: string }) {
  return (
    <div className="forecast-chart" role="img" aria-label={label}>
      <Picture forecast={forecast} box={WIDE} days={8} className="chart-wide" />
      <Picture forecast={forecast} box={NARROW} days={3} className="chart-narrow" />
    </div>
  );
}

interface PictureProps {
  readonly forecast: Forecast;
  readonly box: Box;
  /** How many days are named below it. */
  readonly days: number;
  readonly className: string;
}

function Picture({ forecast, box, days: named, className }: PictureProps) {
  const { language } = usePage();
  const days = chartDays(forecast);
  const { band, mean, sold, ticks, todayX, x } = drawn(days, box);
  const every = Math.max(1, Math.ceil(days.length / named));
  const floor = box.height - box.bottom;
  return (
    <svg className={className} viewBox={`0 0 ${box.width} ${box.height}`} aria-hidden="true" focusable="false">
      {ticks.map(({ value, y }) => (
        <g key={value}>
          <line className="chart-grid" x1={box.left} x2={box.width} y1={y} y2={y} />
          <text className="chart-text" x={box.left - 8} y={y + 4} textAnchor="end">
            {quantityText(value, language.locale)}
          </text>
        </g>
      ))}
      {days.map(
        ({ day }, index) =>
          index % every === Math.floor(every / 2) && (
            <text key={day} className="chart-text" x={x(index)} y={floor + 20} textAnchor="middle">
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
