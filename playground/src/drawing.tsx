import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { type GraphQLNamedType, type GraphQLSchema, getNamedType, isInterfaceType, isObjectType } from 'graphql';
import { useMemo, useState } from 'react';
import { DrawingIcon } from './icons';
import { showPane } from './panes';

interface Edge {
  from: string;
  to: string;
  fields: string[];
}

const HIDDEN = /^__|(Connection|Edge|Payload)$|^PageInfo$/;
const ROOTS = ['Query', 'Mutation', 'Subscription'];
const ROW = 26;
const WIDTH = 130;
const GAP = 64;

/** What a field of the type leads to: the node of a connection, what a payload holds, else the type. */
function targets(schema: GraphQLSchema, type: GraphQLNamedType): string[] {
  if (!(isObjectType(type) || isInterfaceType(type)) || type.name === 'PageInfo') return [];
  if (/Payload$/.test(type.name)) {
    const held = Object.values(type.getFields()).filter((field) => field.name !== 'errors');
    return [...new Set(held.flatMap((field) => targets(schema, getNamedType(field.type))))];
  }
  const node = /^(\w+)Connection$/.exec(type.name)?.[1] ?? type.name;
  return [schema.getType(node) ? node : type.name];
}

/** Which types lead to which, by which fields. */
function edgesOf(schema: GraphQLSchema): Edge[] {
  const edges = new Map<string, Edge>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!(isObjectType(type) || isInterfaceType(type)) || HIDDEN.test(type.name)) continue;
    for (const field of Object.values(type.getFields())) {
      for (const to of targets(schema, getNamedType(field.type))) {
        const edge = edges.get(`${type.name} ${to}`) ?? { from: type.name, to, fields: [] };
        edge.fields.push(field.name);
        edges.set(`${type.name} ${to}`, edge);
      }
    }
    for (const implemented of type.getInterfaces()) {
      edges.set(`${implemented.name} ${type.name}`, { from: implemented.name, to: type.name, fields: ['is one of'] });
    }
  }
  return [...edges.values()];
}

function Box({ name, x, y, chosen, choose }: { name: string; x: number; y: number; chosen?: boolean; choose: (name: string) => void }) {
  return (
    <g role="button" tabIndex={0} aria-label={name} className={chosen ? 'pg-chosen' : ''} onClick={() => choose(name)} onKeyDown={(event) => event.key === 'Enter' && choose(name)}>
      <rect x={x} y={y} width={WIDTH} height={ROW - 6} rx="4" />
      <text x={x + 6} y={y + 14}>
        {name.length > 19 ? `${name.slice(0, 18)}…` : name}
      </text>
      <title>{name}</title>
    </g>
  );
}

/** One type, what leads to it (left) and what it leads to (right). */
function Drawing() {
  const { schema } = useGraphiQL(pick('schema'));
  const { setSchemaReference } = useGraphiQLActions();
  const [chosen, choose] = useState('Query');
  const edges = useMemo(() => (schema ? edgesOf(schema) : []), [schema]);
  const before = edges.filter((edge) => edge.to === chosen && edge.from !== chosen);
  const after = edges.filter((edge) => edge.from === chosen);
  const height = Math.max(before.length, after.length, 1) * ROW + 10;
  const middle = height / 2 - ROW / 2;
  const columns = before.length ? [0, WIDTH + GAP, 2 * (WIDTH + GAP)] : [0, 0, WIDTH + GAP];
  const place = (index: number, count: number) => height / 2 - (count * ROW) / 2 + index * ROW;
  const curve = (x1: number, y1: number, x2: number, y2: number) => `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`;
  const line = (edge: Edge, path: string) => (
    <path key={`${edge.from} ${edge.to}`} d={path}>
      <title>{`${edge.from} → ${edge.to}: ${edge.fields.join(', ')}`}</title>
    </path>
  );

  function showDocumentation() {
    const type = schema?.getType(chosen);
    if (type) setSchemaReference({ kind: 'Type', type } as any);
    showPane('Documentation Explorer');
  }

  return (
    <section className="pg-pane" aria-label="Schema">
      <h2>Schema</h2>
      <p>What leads to a type, and where it leads; connections are drawn as their nodes, payloads as what they hold. Click a type to move.</p>
      <p className="pg-links">
        {ROOTS.map((root) => (
          <button key={root} className="pg-link" onClick={() => choose(root)}>
            {root}
          </button>
        ))}
        <button className="pg-link" onClick={showDocumentation}>
          Documentation of {chosen}
        </button>
      </p>
      <div className="pg-scroll">
        <svg className="pg-drawing" viewBox={`0 0 ${columns[2]! + WIDTH} ${height}`} width={columns[2]! + WIDTH} height={height}>
          {before.map((edge, index) => line(edge, curve(WIDTH, place(index, before.length) + 10, columns[1]!, middle + 10)))}
          {after.map((edge, index) => line(edge, curve(columns[1]! + WIDTH, middle + 10, columns[2]!, place(index, after.length) + 10)))}
          {before.map((edge, index) => (
            <Box key={edge.from} name={edge.from} x={columns[0]!} y={place(index, before.length)} choose={choose} />
          ))}
          <Box name={chosen} x={columns[1]!} y={middle} chosen choose={choose} />
          {after.map((edge, index) => (
            <Box key={edge.to} name={edge.to} x={columns[2]!} y={place(index, after.length)} choose={choose} />
          ))}
        </svg>
      </div>
    </section>
  );
}

export const DRAWING_PLUGIN = { title: 'Schema', icon: DrawingIcon, content: Drawing };
