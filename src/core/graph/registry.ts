import { LabError } from '../errors';
import { describe, namedArchitecture } from './config';
import type { RawConfig } from './config';
import { llamaFamily, llamaScorers } from './llama';
import { llava } from './llava';
import { neuron } from './neuron';
import type { Architecture, BuiltGraph, GraphOptions } from './types';
import { whisper } from './whisper';

/** Every architecture that can run. A new one is a new file and one line here. */
const ARCHITECTURES: readonly Architecture[] = [...llamaFamily, ...llamaScorers, neuron, whisper, ...llava];

/** @returns the architecture names that can run, as config.json spells them. */
export function knownArchitectures(): string[] {
  return ARCHITECTURES.map((architecture) => architecture.id);
}

/**
 * @returns the first entry of `architectures`; without one, the architecture known for `model_type`; else null.
 * The name need not be one that can run.
 */
export function architectureOf(config: RawConfig): string | null {
  const named = namedArchitecture(config);
  if (named !== null) return named;
  return ARCHITECTURES.find((architecture) => architecture.modelType === config['model_type'])?.id ?? null;
}

/** @returns what the model a config describes is asked with; null for an architecture that cannot run. */
export function taken(config: RawConfig): Architecture['takes'] | null {
  const id = architectureOf(config);
  return ARCHITECTURES.find((architecture) => architecture.id === id)?.takes ?? null;
}

/**
 * Hugging Face tensor names and shapes that a config implies. A tied head is not listed.
 * @throws LabError graph/unknown-architecture, graph/no-architecture, config/...
 */
export function expectedTensors(config: RawConfig, options: GraphOptions = {}): Map<string, number[]> {
  return find(config).expectedTensors(config, options);
}

/**
 * Writes the ONNX graph that a config.json describes.
 * @throws LabError graph/unknown-architecture, graph/no-architecture, config/...
 */
export function buildGraph(config: RawConfig, options: GraphOptions = {}): BuiltGraph {
  return find(config).build(config, options);
}

function find(config: RawConfig): Architecture {
  const id = architectureOf(config);
  const known = knownArchitectures().join(', ');
  if (id === null) {
    throw new LabError(
      'graph/no-architecture',
      `config.json names no architecture (architectures or model_type). Merge Lab runs ${known}.`,
      { known },
    );
  }
  const architecture = ARCHITECTURES.find((candidate) => candidate.id === id);
  if (!architecture) {
    throw new LabError(
      'graph/unknown-architecture',
      `Merge Lab cannot run the architecture ${id} that config.json names; it runs ${known}. ` +
        'Such models can still be merged and downloaded.',
      { architecture: id, known },
    );
  }
  const modelType = config['model_type'] ?? architecture.modelType;
  if (modelType !== architecture.modelType) {
    const found = describe(modelType);
    throw new LabError(
      'config/model-type',
      `config.json: model_type is ${found}, but ${id} goes with "${architecture.modelType}". ` +
        'Use the config.json that belongs to these weights.',
      { found, expected: architecture.modelType, architecture: id },
    );
  }
  return architecture;
}
