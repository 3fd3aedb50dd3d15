export interface ErrorText {
  title: string;
  cause: string;
  wayOut: string;
}
export const errorsEn: Readonly<Record<string, ErrorText>> = {};
export const errorsZhHant: Readonly<Record<string, ErrorText>> = {};
export const errorsZhHans: Readonly<Record<string, ErrorText>> = {};
