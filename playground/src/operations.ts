import { type OperationTypeNode, parse } from 'graphql';

export interface Named {
  kind: OperationTypeNode | 'query';
  name?: string;
}

/**
 * Kind and name of the operation to run: the named one, or the first. The editor's own name may still be that of the
 * text before.
 */
export function operationOf(text: string, name?: string | null): Named {
  try {
    const operations = parse(text).definitions.filter((definition) => definition.kind === 'OperationDefinition');
    const chosen = operations.find((operation) => operation.name?.value === name) ?? operations[0];
    return { kind: chosen?.operation ?? 'query', name: chosen?.name?.value };
  } catch {
    return { kind: 'query', name: name ?? undefined }; // The server says what is wrong with the text.
  }
}
