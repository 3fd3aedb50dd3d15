/** How long something has run, in milliseconds: the sum of what is over, and since when it runs now. */
export interface Lap {
  readonly sum: number;
  /** Epoch time; null while it stands still. */
  readonly since: number | null;
}

export const STOPPED: Lap = { sum: 0, since: null };

export const elapsed = ({ sum, since }: Lap, now: number): number =>
  sum + (since === null ? 0 : Math.max(0, now - since));
export const started = (lap: Lap, now: number): Lap => (lap.since === null ? { sum: lap.sum, since: now } : lap);
export const paused = (lap: Lap, now: number): Lap => ({ sum: elapsed(lap, now), since: null });
/** Back to zero; it goes on where it ran. */
export const reset = (lap: Lap, now: number): Lap => ({ sum: 0, since: lap.since === null ? null : now });

/** One stopwatch a lesson; at most one of them runs. */
export type Laps = Readonly<Record<string, Lap>>;

/** @returns the laps once another lesson is told: what ran pauses, and the new one runs in its place. */
export function turnedTo(laps: Laps, lesson: string, now: number): Laps {
  const running = Object.entries(laps).filter(([id, { since }]) => since !== null && id !== lesson);
  if (running.length === 0) return laps;
  const stopped = Object.fromEntries(running.map(([id, lap]) => [id, paused(lap, now)]));
  return { ...laps, ...stopped, [lesson]: started(laps[lesson] ?? STOPPED, now) };
}

/** @returns minutes and seconds, with hours where there are any: `4:07`, `1:04:07`. */
export function showElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Reads what was stored; anything else than laps is forgotten. */
export function readLaps(stored: string | null): Laps {
  try {
    const value: unknown = JSON.parse(stored ?? '{}');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
    const isLap = (lap: unknown): lap is Lap =>
      typeof lap === 'object' &&
      lap !== null &&
      Number.isFinite((lap as Lap).sum) &&
      ((lap as Lap).since === null || Number.isFinite((lap as Lap).since));
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, Lap] => isLap(entry[1])));
  } catch {
    return {};
  }
}
