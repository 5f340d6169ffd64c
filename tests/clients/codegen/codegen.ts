import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: [
    '../operations/*.graphql',
    '!../operations/Cost.graphql',
    // They repeat the fragment RichPost of CreateRichPost, and a project may have one of a name.
    '!../operations/EditRichPost.graphql',
    '!../operations/HomeFeedEventsWhole.graphql',
  ],
  generates: {
    'codegen/__generated__/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumType: 'string-literal',
        strictScalars: true,
        scalars: { DateTime: 'string', ID: 'string' },
        useTypeImports: true,
      },
    },
  },
};

export default config;
