/** How long after the hand has let go what it moved still keeps its place: the answer and its explanation come in that time. */
const AFTER_MS = 10_000;
const CONTROLS = 'input, button, select, summary';
/** Keys that change a slider, and so what stands above it. */
const MOVES = /^(Arrow\w+|Home|End|PageUp|PageDown)$/;

/**
 * Keeps the control that is being used in its place on the screen, whatever appears above it (ticks, explanations): what a hand
 * holds must not move away under it. The browser's own scroll anchoring keeps what is read, not what is held.
 */
export function steady(rack: HTMLElement): () => void {
  let held: { control: Element; top: number } | null = null;
  let until = Infinity;
  let frame = 0;

  const letGo = (): void => {
    held = null;
    cancelAnimationFrame(frame);
  };
  /** Before each picture, so that the jump is never drawn. */
  function follow(): void {
    if (!held?.control.isConnected || performance.now() > until) return letGo();
    const shift = held.control.getBoundingClientRect().top - held.top;
    if (Math.abs(shift) >= 1) {
      window.scrollBy({ top: shift, behavior: 'instant' });
      // The page may end first.
      held.top = held.control.getBoundingClientRect().top;
    }
    frame = requestAnimationFrame(follow);
  }
  function hold(event: Event, end: number): void {
    letGo();
    const control = event.target instanceof Element ? event.target.closest(CONTROLS) : null;
    if (!control || !rack.contains(control)) return;
    held = { control, top: control.getBoundingClientRect().top };
    until = end;
    frame = requestAnimationFrame(follow);
  }

  const listening = new AbortController();
  const options = { signal: listening.signal, capture: true, passive: true };
  window.addEventListener('pointerdown', (event) => hold(event, Infinity), options);
  window.addEventListener('pointerup', () => (until = performance.now() + AFTER_MS), options);
  window.addEventListener('pointercancel', letGo, options);
  window.addEventListener('wheel', letGo, options);
  window.addEventListener(
    'keydown',
    (event) => {
      const slides = event.target instanceof HTMLInputElement && event.target.type === 'range' && MOVES.test(event.key);
      if (slides) hold(event, performance.now() + AFTER_MS);
      else letGo();
    },
    options,
  );
  return () => {
    letGo();
    listening.abort();
  };
}
