// The current operation as code for other clients.

import { operationOf } from './operations';
import { ENDPOINT } from './server';

export interface Operation {
  query: string;
  variables: object;
  operationName?: string;
  token: string | null;
}

const url = new URL(ENDPOINT, location.href).href;

const kindOf = ({ query, operationName }: Operation) => operationOf(query, operationName).kind;

const indented = (text: string, by = '  ') => text.trim().replace(/\n(?=.)/g, `\n${by}`);
const json = (value: unknown, by = '') => JSON.stringify(value, null, 2).replace(/\n/g, `\n${by}`);
const template = (text: string) => indented(text).replace(/[`\\]|\$\{/g, '\\$&');

function body({ query, variables, operationName }: Operation): object {
  return { query, ...(operationName && { operationName }), ...(Object.keys(variables).length && { variables }) };
}

function curl(operation: Operation): string {
  const quoted = `'${JSON.stringify(body(operation)).replace(/'/g, `'\\''`)}'`;
  const lines = [`curl -s${kindOf(operation) === 'subscription' ? 'N' : ''} ${url}`, `-H 'Content-Type: application/json'`];
  if (kindOf(operation) === 'subscription') lines.push(`-H 'Accept: text/event-stream'`);
  if (operation.token) lines.push(`-H 'Authorization: Bearer ${operation.token}'`);
  return [...lines, `-d ${quoted}`].join(' \\\n  ') + '\n';
}

function withFetch(operation: Operation): string {
  const headers = { 'Content-Type': 'application/json', ...(operation.token && { Authorization: `Bearer ${operation.token}` }) };
  if (kindOf(operation) === 'subscription') {
    return `import { createClient } from 'graphql-sse';

const client = createClient({ url: '${url}', headers: ${json({ ...headers, 'Content-Type': undefined }, '')} });
const events = client.iterate(${json(body(operation))});
for await (const event of events) console.log(event);
`;
  }
  return `const response = await fetch('${url}', {
  method: 'POST',
  headers: ${json(headers, '  ')},
  body: JSON.stringify(${json(body(operation), '  ')}),
});
console.log(await response.json());
`;
}

function apollo(operation: Operation): string {
  const kind = kindOf(operation);
  const authorization = operation.token && json({ authorization: `Bearer ${operation.token}` });
  const link =
    kind === 'subscription'
      ? `new GraphQLWsLink(createClient({ url: '${url.replace(/^http/, 'ws')}'${authorization ? `, connectionParams: ${authorization}` : ''} }))`
      : `new HttpLink({ uri: '${url}'${authorization ? `, headers: ${authorization}` : ''} })`;
  const call = { query: `client.query({ query: document, variables })`, mutation: `client.mutate({ mutation: document, variables })` };
  return `import { ApolloClient, ${kind === 'subscription' ? '' : 'HttpLink, '}InMemoryCache, gql } from '@apollo/client';
${kind === 'subscription' ? `import { GraphQLWsLink } from '@apollo/client/link/subscriptions';\nimport { createClient } from 'graphql-ws';\n` : ''}
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ${link.replace(/\n/g, '\n  ')},
});
const document = gql\`
  ${template(operation.query)}
\`;
const variables = ${json(operation.variables)};
${kind === 'subscription' ? `client.subscribe({ query: document, variables }).subscribe(console.log);` : `console.log(await ${call[kind as 'query']});`}
`;
}

function urql(operation: Operation): string {
  const kind = kindOf(operation);
  const authorization = operation.token && `Bearer ${operation.token}`;
  const headers = json({ headers: { ...(authorization && { authorization }), ...(kind === 'subscription' && { accept: 'text/event-stream' }) } }, '  ');
  return `import { Client, fetchExchange, gql } from '@urql/core';

const client = new Client({
  url: '${url}',
  exchanges: [fetchExchange],${kind === 'subscription' ? '\n  fetchSubscriptions: true,' : ''}
  fetchOptions: ${headers},
});
const document = gql\`
  ${template(operation.query)}
\`;
const variables = ${json(operation.variables)};
${kind === 'subscription' ? `client.subscription(document, variables).subscribe(console.log);` : `console.log(await client.${kind}(document, variables).toPromise());`}
`;
}

function python(operation: Operation): string {
  const isLive = kindOf(operation) === 'subscription';
  const authorization = operation.token ? `{"Authorization": "Bearer ${operation.token}"}` : '{}';
  const transport = isLive
    ? `WebsocketsTransport(url="${url.replace(/^http/, 'ws')}", init_payload=${authorization})`
    : `HTTPXTransport(url="${url}", headers=${authorization})`;
  return `import json

from gql import Client, gql
from gql.transport.${isLive ? 'websockets import WebsocketsTransport' : 'httpx import HTTPXTransport'}

client = Client(transport=${transport})
document = gql(
    """
    ${indented(operation.query.replace(/\\/g, '\\\\').replace(/"""/g, '\\"\\"\\"'), '    ')}
    """
)
document.variable_values = json.loads(${JSON.stringify(JSON.stringify(operation.variables))})
${isLive ? `for event in client.subscribe(document):\n    print(event)` : `print(client.execute(document))`}
`;
}

export const SNIPPETS: Record<string, (operation: Operation) => string> = {
  curl,
  fetch: withFetch,
  Apollo: apollo,
  urql,
  Python: python,
};
