import * as ort from 'onnxruntime-web/wasm';
import { LabError } from '../core/errors';
import type { NumericResult } from './api';
import type { Session } from './ort';

/** A model that takes rows of numbers: a bare session with one float32 input, [batch_size, width]. */
export class NumericModel {
  constructor(private readonly session: Session) {}

  async release(): Promise<void> {
    await this.session.release();
  }

  /**
   * @param rows one list of `width` numbers per example.
   * @throws LabError `model/row-width`; `model/not-finite` where an output overflows float32.
   */
  async compute(rows: readonly (readonly number[])[]): Promise<NumericResult> {
    const input = this.session.inputMetadata[0]!;
    const width = Number(input.isTensor ? input.shape.at(-1) : 0);
    const wrong = rows.find((row) => row.length !== width);
    if (wrong)
      throw new LabError(
        'model/row-width',
        `A row of ${wrong.length} numbers was given to a model that takes ${width}. Give one number per input.`,
        { found: wrong.length, expected: width },
      );
    const feeds = { [input.name]: new ort.Tensor('float32', Float32Array.from(rows.flat()), [rows.length, width]) };
    const outputs: Record<string, number[][]> = {};
    for (const [name, tensor] of Object.entries(await this.session.run(feeds))) {
      const values = [...(tensor.data as Float32Array)];
      if (!values.every(Number.isFinite))
        throw new LabError(
          'model/not-finite',
          'The model computes numbers that are not finite. Its weights are damaged, or the coefficients are far too large.',
        );
      const per = values.length / rows.length;
      outputs[name] = rows.map((_, row) => values.slice(row * per, (row + 1) * per));
    }
    return outputs;
  }
}
