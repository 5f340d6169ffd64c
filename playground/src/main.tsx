import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/graphiql.css';
import './playground.css';
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { ANSWER_PLUGIN } from './answer';
import { Bar } from './bar';
import { DRAWING_PLUGIN } from './drawing';
import { development, element } from './server';
import { takeShared } from './share';
import { SHELF_PLUGIN } from './shelf';
import { fetcher } from './transport';
import { USERS_PLUGIN } from './users';

const FIRST_QUERY = `# Ctrl-Enter runs a query.
# Ctrl-Space completes.

query NewestPosts {
  publicFeed(first: 3) {
    edges {
      node {
        id
        text
        likeCount
        author {
          username
        }
      }
    }
  }
}
`;

const plugins = [
  DOC_EXPLORER_PLUGIN,
  USERS_PLUGIN,
  ...(development ? [SHELF_PLUGIN] : []),
  explorerPlugin(),
  DRAWING_PLUGIN,
  ...(development ? [ANSWER_PLUGIN] : []),
  HISTORY_PLUGIN,
];
const shared = takeShared();

createRoot(element).render(
  <GraphiQLProvider
    fetcher={fetcher}
    plugins={plugins}
    referencePlugin={DOC_EXPLORER_PLUGIN}
    defaultQuery={FIRST_QUERY}
    inputValueDeprecation
    {...(shared && { initialQuery: shared.query, initialVariables: shared.variables })}
  >
    <HistoryStore>
      <DocExplorerStore>
        <Bar />
        <GraphiQLInterface showPersistHeadersSettings={false}>
          <GraphiQL.Logo> </GraphiQL.Logo>
        </GraphiQLInterface>
      </DocExplorerStore>
    </HistoryStore>
  </GraphiQLProvider>,
);
