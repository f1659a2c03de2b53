/**
 * Rules of this house that oxlint does not have: which folder may import what, what a package
 * has to declare, what a pure file may not touch, and what a log may say.
 * `scripts/lint-guards.mjs` plants an offence of each kind and sees it refused.
 */
import { undeclared } from './declared.mjs';
import { directionFault } from './directions.mjs';
import { messageFault } from './messages.mjs';
import { IMPURE_GLOBALS, isPure, purityFault } from './purity.mjs';

const specifierOf = (node) => (node?.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined);

/** Calls `check` with every module name that a file imports, exports from, or loads. */
const eachImport = (check) => {
  const from = ({ source }) => source && check(source, specifierOf(source));
  return {
    ImportDeclaration: from,
    ExportNamedDeclaration: from,
    ExportAllDeclaration: from,
    ImportExpression: from,
    TSImportType: ({ source, argument }) => check(source ?? argument, specifierOf(source ?? argument?.literal)),
    CallExpression: ({ callee, arguments: [first] }) => {
      const loads = (callee.type === 'Identifier' && callee.name === 'require') || callee.property?.name === 'resolve';
      if (loads && first && specifierOf(first)) check(first, specifierOf(first));
    },
  };
};

/** A rule that looks at each import by itself; `faultOf` has the sentence that refuses it. */
const importRule = (faultOf) => ({
  create: (context) =>
    eachImport((node, specifier) => {
      const fault = specifier === undefined ? undefined : faultOf(context.filename, specifier);
      if (fault) context.report({ node, message: fault });
    }),
});

const pure = {
  create: (context) => {
    if (!isPure(context.filename)) return {};
    const refuse = (node, what) => context.report({ node, message: `${what} in a pure file: clock, chance, ids and lookups come in as arguments` });
    return {
      ...eachImport((node, specifier) => {
        const fault = specifier === undefined ? undefined : purityFault(context.filename, specifier);
        if (fault) context.report({ node, message: fault });
      }),
      AwaitExpression: (node) => refuse(node, 'await'),
      ForOfStatement: (node) => node.await && refuse(node, 'for await'),
      ClassDeclaration: (node) => refuse(node, 'a class'),
      ClassExpression: (node) => refuse(node, 'a class'),
      NewExpression: (node) => node.callee.name === 'Date' && node.arguments.length === 0 && refuse(node, 'new Date()'),
      CallExpression: (node) => node.callee.name === 'Date' && refuse(node, 'Date()'),
      MemberExpression: (node) => {
        const name = `${node.object.name}.${node.property.name ?? node.property.value}`;
        if (name === 'Date.now' || name === 'Math.random') refuse(node, name);
      },
      'Program:exit': (node) => {
        const scope = context.sourceCode.getScope(node);
        const free = [...scope.through, ...scope.variables.filter(({ defs }) => defs.length === 0).flatMap(({ references }) => references)];
        for (const { identifier } of new Set(free)) if (IMPURE_GLOBALS.has(identifier.name)) refuse(identifier, identifier.name);
      },
    };
  },
};

const constantMessages = {
  create: (context) => ({
    CallExpression: (node) => {
      const message = messageFault(node);
      if (message) context.report({ node, message });
    },
  }),
};

const rules = { 'constant-messages': constantMessages, declared: importRule(undeclared), 'import-directions': importRule(directionFault), pure };

export default { meta: { name: 'house' }, rules };
