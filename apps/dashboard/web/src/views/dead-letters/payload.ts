const BYTES_A_LINE = 16;

/** The bytes of a dead letter, which come as base64. */
export const toBytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** As text, JSON indented; what is no UTF-8 shows as replacement characters, which the other form tells apart. */
export const asText = (bytes: Uint8Array): string => {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;
const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');

/** As hexdump -C shows bytes: offset, sixteen bytes, and what of them can be printed. */
export const asHex = (bytes: Uint8Array): string => {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += BYTES_A_LINE) {
    const part = [...bytes.subarray(offset, offset + BYTES_A_LINE)];
    const printed = part.map((byte) => (isPrintable(byte) ? String.fromCharCode(byte) : '.')).join('');
    lines.push(
      `${hex(offset, 8)}  ${part
        .map((byte) => hex(byte, 2))
        .join(' ')
        .padEnd(BYTES_A_LINE * 3 - 1)}  |${printed}|`,
    );
  }
  return lines.join('\n');
};
