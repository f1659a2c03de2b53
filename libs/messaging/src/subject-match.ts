/** Handlers by subject pattern, `*` for one token and a closing `>` for the rest; an exact subject wins over a pattern. */
export const matchSubject = <Handler>(handlers: ReadonlyMap<string, Handler>, subject: string): Handler | undefined => {
  const exact = handlers.get(subject);
  if (exact) return exact;
  const tokens = subject.split('.');
  for (const [pattern, handler] of handlers) if (covers(pattern.split('.'), tokens)) return handler;
  return undefined;
};

const covers = (pattern: readonly string[], tokens: readonly string[]): boolean => {
  for (const [index, token] of pattern.entries()) {
    if (token === '>') return tokens.length > index;
    if (token !== '*' && token !== tokens[index]) return false;
  }
  return pattern.length === tokens.length;
};
