const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);

const nameOf = (node) => (node?.type === 'Identifier' ? node.name : node?.type === 'MemberExpression' ? node.property?.name : undefined);

/** The message of `log(level, message, fields)`, or of `log.level(fields, message)` and `log.level(message)`; undefined for any other call. */
const messageOf = ({ callee, arguments: args }) => {
  if (nameOf(callee) === 'log' && args[0]?.type === 'Literal' && LEVELS.has(args[0].value)) return args[1];
  const isLogger = callee.type === 'MemberExpression' && LEVELS.has(callee.property?.name) && /^log(ger)?$/.test(nameOf(callee.object) ?? '');
  return isLogger ? (args[1] ?? args[0]) : undefined;
};

/** Made at the time of the call: text with something put in, texts put together, what a function gives. */
const isMade = (node) => {
  if (node?.type === 'ConditionalExpression') return isMade(node.consequent) || isMade(node.alternate);
  if (node?.type === 'TemplateLiteral') return node.expressions.length > 0;
  return (
    node?.type === 'BinaryExpression' || node?.type === 'CallExpression' || (node?.type === 'MemberExpression' && node.property?.name === 'message')
  );
};

/** The sentence that refuses a call, or undefined. Who searches a log for a message has to find it. */
export const messageFault = (call) => {
  const message = messageOf(call);
  return message && isMade(message) ? 'the message of a log is the same text for the same thing: what differs goes into its fields' : undefined;
};
