// Monaco's language services run in workers, whose files the build bundles and names.
declare const WORKERS: Record<string, string>;

globalThis.MonacoEnvironment = {
  getWorker: (_: string, label: string) => new Worker(new URL(WORKERS[label] ?? WORKERS.editor, import.meta.url)),
};
