import graphql from '@graphql-eslint/eslint-plugin';

const shared = {
  languageOptions: {
    parser: graphql.parser,
    parserOptions: { graphQLConfig: { schema: 'schema.graphql', documents: 'tests/operations/*.graphql' } },
  },
  plugins: { '@graphql-eslint': graphql },
};

export default [
  {
    ...shared,
    files: ['schema.graphql'],
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      '@graphql-eslint/strict-id-in-types': 'off', // Nodes have an id; edges, payloads, events and errors have none.
      '@graphql-eslint/require-description': [
        'error', // But for the specification's own directive, of which Strawberry prints none.
        { types: true, DirectiveDefinition: true, rootField: true, ignoredSelectors: ['[type=DirectiveDefinition][name.value=oneOf]'] },
      ],
      '@graphql-eslint/no-typename-prefix': 'off', // `User.username` is one word.
    },
  },
  {
    ...shared,
    files: ['tests/operations/*.graphql'],
    ignores: ['tests/operations/Cost.graphql'], // It asks for a field that is not served.
    rules: {
      ...graphql.configs['flat/operations-recommended'].rules,
      '@graphql-eslint/unique-fragment-name': 'off', // Each file is complete, so that it can be sent as it is.
      '@graphql-eslint/selection-set-depth': 'off', // The server has a limit; the rule fails with graphql 17.
    },
  },
  {
    files: ['tests/operations/Follows.graphql'],
    rules: { '@graphql-eslint/require-selections': 'off' }, // The user is found by name, and shown without an id.
  },
];
