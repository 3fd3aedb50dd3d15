import { clamp, type Optimizer } from './optimizer';

export interface CoordinateState {
  readonly best: readonly number[];
  /** Of `best`; null before the first answer. */
  readonly loss: number | null;
  readonly axis: number;
  readonly direction: 1 | -1;
  readonly step: number;
  readonly tolerance: number;
  /** Whether this axis has led on already, so that it is not tried backwards. */
  readonly led: boolean;
  /** Whether any axis has led on since the step was last halved. */
  readonly moved: boolean;
}

const FIRST_STEP = 0.25;

const candidate = ({ best, axis, direction, step }: CoordinateState): number[] =>
  best.map((x, i) => (i === axis ? clamp(x + direction * step) : x));

/** After a step that led nowhere: the other way, the next axis, or half the step. */
function turned(state: CoordinateState): CoordinateState {
  if (state.direction === 1 && !state.led) return { ...state, direction: -1 };
  const next: CoordinateState = { ...state, axis: (state.axis + 1) % state.best.length, direction: 1, led: false };
  if (next.axis > 0) return next;
  return { ...next, moved: false, step: state.moved ? state.step : state.step / 2 };
}

/** Goes on to a step that leaves where it is: at the edge of the range half of them do not. */
function ready(state: CoordinateState): CoordinateState {
  let next = state;
  while (next.step >= next.tolerance && candidate(next)[next.axis] === next.best[next.axis]) next = turned(next);
  return next;
}

/**
 * One axis after the other, a step up, else down, as long as that is better; half the step when no axis leads on (compass
 * search: Kolda, Lewis and Torczon 2003, SIAM Review 45, section 1).
 */
export const coordinate: Optimizer<CoordinateState> = {
  start: ({ start, tolerance }) => ({
    best: start.map((x) => clamp(x)),
    loss: null,
    axis: 0,
    direction: 1,
    step: FIRST_STEP,
    // A step below what float64 can add to a coordinate would never end.
    tolerance: Math.max(tolerance, 1e-12),
    led: false,
    moved: false,
  }),
  ask(state) {
    if (state.loss === null) return [...state.best];
    return state.step < state.tolerance ? null : candidate(state);
  },
  tell(state, loss) {
    if (state.loss === null) return ready({ ...state, loss });
    if (loss < state.loss) return ready({ ...state, best: candidate(state), loss, led: true, moved: true });
    return ready(turned(state));
  },
};
