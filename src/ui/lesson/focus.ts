import { tick } from 'svelte';

/**
 * Puts the focus on the heading of the step that is open, so that reading goes on there and Tab comes to its question
 * next. The page moves only where the heading is out of sight.
 */
export async function focusStep(): Promise<void> {
  await tick();
  const heading = document.getElementById('tour-title');
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView({ block: 'nearest' });
}
