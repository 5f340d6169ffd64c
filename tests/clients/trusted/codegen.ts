import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: ['trusted/operations/*.graphql'],
  generates: {
    'trusted/__generated__/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: { documentMode: 'string', enumType: 'string-literal', useTypeImports: true },
    },
  },
};

export default config;
