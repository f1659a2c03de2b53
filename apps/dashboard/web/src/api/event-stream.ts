/** One message of a stream of server-sent events. */
export interface StreamMessage {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Parses server-sent events as they come, in pieces of any length (HTML standard, 9.2.6). */
export const eventParser = (heard: (message: StreamMessage) => void): ((piece: string) => void) => {
  let rest = '';
  let [id, event, data]: [string | undefined, string, string[]] = [undefined, 'message', []];
  const line = (text: string): void => {
    if (text === '') {
      if (data.length > 0) heard({ id, event, data: data.join('\n') });
      [event, data] = ['message', []];
      return;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(text) ?? [];
    if (field === 'data') data.push(value);
    if (field === 'event') event = value;
    if (field === 'id') id = value;
  };
  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n/);
    rest = lines.pop() ?? '';
    lines.forEach(line);
  };
};
