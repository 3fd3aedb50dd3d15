/** What a lecturer has switched on. Small: the bench opens the two dialogs too. */
class Present {
  dialog = $state<'qr' | 'preflight' | null>(null);
  /** A dot that follows the pointer. */
  laser = $state(false);
  /** All but what the step is about is dim. */
  spotlight = $state(false);
  /** The screen is black. */
  blank = $state(false);
  /** Every control is locked but the featured sliders. */
  frozen = $state(false);
}

export const present = new Present();
