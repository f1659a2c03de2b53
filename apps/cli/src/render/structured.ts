import { Document, Scalar, visit } from 'yaml';
import { UNSAFE, escaped } from './text.js';

const INDENT = 2;

/** JSON that may be looked at on a terminal: control characters that JSON itself lets pass are escaped as well, which changes no value. */
export const jsonText = (value: unknown, indent = INDENT): string => `${JSON.stringify(value, null, indent).replace(UNSAFE_BUT_LINES, escaped)}\n`;

/** YAML, likewise: text with control characters is double-quoted, where it can be escaped. */
export const yamlText = (value: unknown): string => {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && scalar.value.search(UNSAFE) >= 0) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }).replace(UNSAFE_BUT_LINES, escaped);
};

/** Line feeds stand between lines; within text JSON and quoted YAML write them as `\n`. */
const UNSAFE_BUT_LINES = new RegExp(`(?!\\n)${UNSAFE.source}`, 'gu');
