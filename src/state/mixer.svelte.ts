/** What the mixer turns: the weights of the rack's vectors. */
interface Rack {
  readonly rack: readonly string[];
  weight(alias: string): number | null;
  setWeight(alias: string, weight: number): void;
}

/** Mute, solo and invert, as on a mixing desk: a muted vector has weight 0 and remembers what it returns to. */
export class Mixer {
  muted = $state.raw<Readonly<Record<string, number>>>({});
  readonly #rack: Rack;

  constructor(rack: Rack) {
    this.#rack = rack;
  }

  clear(): void {
    this.muted = {};
  }

  /** A vector that was given a weight by hand is no longer muted. */
  forget(alias: string): void {
    if (alias in this.muted)
      this.muted = Object.fromEntries(Object.entries(this.muted).filter(([name]) => name !== alias));
  }

  /** A muted vector stays muted: what it returns to is turned round. */
  negate(alias: string): void {
    const remembered = this.muted[alias];
    if (remembered !== undefined) {
      this.muted = { ...this.muted, [alias]: 0 - remembered };
      return;
    }
    // 0 - w rather than -w: a weight of zero must not become -0 in the recipe.
    this.#rack.setWeight(alias, 0 - (this.#rack.weight(alias) ?? 0));
  }

  toggleMute(alias: string): void {
    const remembered = this.muted[alias];
    if (remembered !== undefined) {
      this.#rack.setWeight(alias, remembered);
      return;
    }
    const weight = this.#rack.weight(alias);
    if (weight === null) return;
    this.#rack.setWeight(alias, 0);
    this.muted = { ...this.muted, [alias]: weight };
  }

  isSolo(alias: string): boolean {
    const { rack } = this.#rack;
    return rack.length > 1 && !(alias in this.muted) && rack.every((other) => other === alias || other in this.muted);
  }

  /** Only this vector sounds; again: all return. */
  toggleSolo(alias: string): void {
    const solo = this.isSolo(alias);
    for (const other of this.#rack.rack) {
      const silent = other in this.muted;
      if (solo ? silent : silent === (other === alias)) this.toggleMute(other);
    }
  }
}
