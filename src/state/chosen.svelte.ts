import { readChosen, writeChosen, type Chosen } from './parts';

/** What the lecturer has chosen to show and to hide; it stays in the address. */
class ChosenParts {
  parts = $state.raw<Chosen>(readChosen(location.href));

  set(parts: Chosen): void {
    this.parts = parts;
    history.replaceState(null, '', writeChosen(location.href, parts));
  }
}

export const chosen = new ChosenParts();
