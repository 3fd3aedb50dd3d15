/** What stands on panels that are fetched when they are opened; all else of them has a file of its own. */
export const late = {
  'map.title': 'The map',
  'map.about': 'two coefficients, every point of them at a glance',
  'search.title': 'Search for coefficients',
  'search.about': 'the lab tries many, and shows what is won and lost',
  'vocabulary.title': 'Tokens and chat template',
  'vocabulary.about': 'one vocabulary for models of several, and the prompt as each of them reads it',
  'vocabulary.unite': 'Unite the vocabularies',
  'lora.extract': 'Extract a LoRA',
  'lora.extract.of': 'Extract a LoRA from {alias}',
  'lora.on': 'LoRA on {base}',
  'yaml.title': 'The recipe as YAML',
  'yaml.about': 'mergekit’s own format, to read, write and start from examples',
  'plan.title': 'What happens to every tensor',
  'plan.about': 'the plan of the merge: merged or copied, and how much of each model',
  'plan.scope': 'Layers and parts',
} as const;
