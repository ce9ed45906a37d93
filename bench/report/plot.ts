import type { Result } from '../turns.js';
import { shown, spreadOf } from './spread.js';

const ROW = 28;
const TOP = 40;
const LABELS = 150;
const BARS = 460;
const WIDTH = 720;

/** An SVG with a bar for each contender: the median of one figure, and a line from the least to the most. */
export function toPlot(title: string, results: readonly Result[], figure: string): string {
  const spreads = results.map(({ figures }) => spreadOf(figures[figure] ?? []));
  const scale = BARS / Math.max(...spreads.map(({ most }) => most));
  const rows = results.map(({ contender }, index) => {
    const { median, least, most } = spreads[index] ?? spreadOf([]);
    const y = TOP + index * ROW;
    const [middle, left, right] = [y + ROW / 2, LABELS + least * scale, LABELS + most * scale].map(rounded);
    return `
  <text x="${LABELS - 8}" y="${y + 18}" text-anchor="end">${escaped(contender)}</text>
  <rect x="${LABELS}" y="${y + 5}" width="${rounded(median * scale)}" height="${ROW - 10}" fill="${colour(contender)}"/>
  <path d="M${left} ${middle}H${right}M${left} ${y + 10}v8M${right} ${y + 10}v8" stroke="#222" fill="none"/>
  <text x="${Number(right) + 8}" y="${y + 18}">${shown(median)}</text>`;
  });
  const height = TOP + results.length * ROW + 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">
  <rect width="100%" height="100%" fill="#fff"/>
  <text x="12" y="24" font-weight="bold">${escaped(title)}</text>${rows.join('')}
</svg>
`;
}

/** Taskwire stands out, and the floor is not somebody one could use. */
function colour(contender: string): string {
  if (contender.startsWith('taskwire')) return '#2563eb';
  return contender === 'floor' ? '#d4d4d4' : '#9ca3af';
}

function rounded(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
