import { LabError } from '../errors';
import type { CallFormula, FormulaTerm } from './formula';
import type { TokenReader } from './formula-reader';
import { LIMITS, METHODS, type MethodSchema } from './schema';
import { didYouMean, suggest } from './suggest';
import type { Scalar } from './types';

function signedNumber(reader: TokenReader): number {
  const negative = reader.take('-');
  if (!negative) reader.take('+');
  const { text, at } = reader.next;
  if (!reader.take('number')) throw reader.unexpected('weight', 'a number');
  const value = Number(text);
  if (value > LIMITS.number) {
    throw new LabError('formula/number', `The number at position ${at + 1} is larger than ${LIMITS.number}.`, {
      at,
      limit: LIMITS.number,
    });
  }
  // `0 - value` keeps -0 out of recipes.
  return negative ? 0 - value : value;
}

function parseTerms(reader: TokenReader, method: string, schema: MethodSchema, base: string | null): FormulaTerm[] {
  const terms: FormulaTerm[] = [];
  do {
    const { at } = reader.next;
    const alias = reader.alias();
    if (alias === base || terms.some((term) => term.alias === alias)) {
      throw new LabError('formula/duplicate', `The model "${alias}" (position ${at + 1}) stands twice. Keep one.`, {
        at,
        model: alias,
      });
    }
    const colon = reader.next.at;
    const weighted = reader.take(':');
    if (weighted && !schema.parameters.weight) {
      throw new LabError('formula/no-weight', `${method} takes no weights (position ${colon + 1}). Remove it.`, {
        at: colon,
        method,
      });
    }
    terms.push({ alias, weight: weighted ? signedNumber(reader) : null });
  } while (reader.take(','));
  return terms;
}

function parseParameters(reader: TokenReader, method: string, schema: MethodSchema): Record<string, Scalar> {
  const parameters: Record<string, Scalar> = {};
  do {
    const { text, at } = reader.next;
    if (!reader.take('name')) throw reader.unexpected('parameter', 'the name of a parameter');
    if (text === 'lambda') {
      throw new LabError(
        'formula/lambda',
        `Formulas have no lambda (position ${at + 1}). Multiply the weights with it, or use YAML.`,
        {
          at,
        },
      );
    }
    const names = Object.keys(schema.parameters).filter((name) => name !== 'lambda');
    const parameter = names.includes(text) ? schema.parameters[text] : undefined;
    if (!parameter) {
      const suggestion = suggest(text, names);
      throw new LabError(
        'formula/parameter',
        `${method} has no parameter "${text}" (position ${at + 1}).${didYouMean(suggestion)} It has: ${names.join(', ') || 'none'}.`,
        { at, parameter: text, method, suggestion, known: names.join(', ') },
      );
    }
    if (Object.hasOwn(parameters, text)) {
      throw new LabError('formula/duplicate', `The parameter "${text}" (position ${at + 1}) stands twice. Keep one.`, {
        at,
        model: text,
      });
    }
    if (!reader.take(':')) throw reader.unexpected('colon', '":"');
    parameters[text] = parameter.type === 'boolean' ? truth(reader) : signedNumber(reader);
    if (parameter.type === 'integer' && !Number.isInteger(parameters[text])) {
      throw new LabError('formula/integer', `"${text}" (position ${at + 1}) takes a whole number.`, {
        at,
        parameter: text,
      });
    }
  } while (reader.take(','));
  return parameters;
}

function truth(reader: TokenReader): boolean {
  const { text } = reader.next;
  if ((text !== 'true' && text !== 'false') || !reader.take('name')) {
    throw reader.unexpected('truth', 'true or false');
  }
  return text === 'true';
}

function checkCounts(formula: CallFormula, schema: MethodSchema, at: number): void {
  const nonBase = formula.terms.length;
  const all = nonBase + (formula.base === null ? 0 : 1);
  const inside = (n: number, [min, max]: readonly [number, number]) => n >= min && n <= max;
  if (inside(all, schema.inputs) && inside(nonBase, schema.nonBase)) return;
  const extra = schema.base === 'required' ? 1 : 0;
  const min = Math.max(schema.inputs[0] - extra, schema.nonBase[0]);
  const max = Math.min(schema.inputs[1] - extra, schema.nonBase[1]);
  const expected = min === max ? `exactly ${min}` : `at least ${min}`;
  const words = schema.base === 'required' ? 'models after its base' : 'models';
  throw new LabError('formula/inputs', `${formula.method} takes ${expected} ${words}, not ${nonBase}.`, {
    at,
    method: formula.method,
    expected,
    found: nonBase,
  });
}

/** A base stands first where the method needs one, and where it may have one if another list of models follows. */
function parseBase(reader: TokenReader, schema: MethodSchema): string | null {
  if (schema.base === 'ignored') return null;
  const alone = reader.peek(1).kind === ';';
  if (schema.base === 'optional' && !(alone && reader.aliases.includes(reader.peek(2).text))) return null;
  const base = reader.alias();
  if (!reader.take(';')) throw reader.unexpected('base', '";" after the base model');
  return base;
}

/**
 * Reads `method(base; model: weight, ...; parameter: value, ...)`; methods without a base start with the models.
 * @throws LabError formula/*
 */
export function parseCall(reader: TokenReader): CallFormula {
  const { text: method, at } = reader.next;
  const schema = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (!schema) {
    const suggestion = suggest(method, Object.keys(METHODS));
    const known = Object.keys(METHODS).join(', ');
    throw new LabError(
      'formula/unknown-method',
      `There is no merge method "${method}" (position ${at + 1}).${didYouMean(suggestion)} Methods: ${known}.`,
      { at, method, suggestion, known },
    );
  }
  reader.take('name');
  const opened = reader.next.at;
  reader.take('(');
  const base = parseBase(reader, schema);
  const terms = parseTerms(reader, method, schema, base);
  const parameters = reader.take(';') ? parseParameters(reader, method, schema) : {};
  reader.close(opened);
  const formula: CallFormula = { kind: 'call', method, base, terms, parameters };
  checkCounts(formula, schema, at);
  const unweighted = terms.find((term) => term.weight === null);
  if (schema.parameters.weight && unweighted && parameters.weight === undefined) {
    throw new LabError(
      'formula/weight',
      `${method} needs a weight for "${unweighted.alias}", such as ${unweighted.alias}: 1.0.`,
      {
        at,
        method,
        alias: unweighted.alias,
      },
    );
  }
  return formula;
}
