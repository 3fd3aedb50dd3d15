export * from './convert';
export * from './arithmetic';
export * from './sparse';
export * from './random';
export * from './ranked';
