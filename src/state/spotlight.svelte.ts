/** The model of the recipe that is pointed at, in formula, rack or outputs; what belongs to it lights up everywhere. */
class Spotlight {
  term = $state<string | null>(null);
}

export const spotlight = new Spotlight();
