declare module '*.css';

/** File names of workers, by Monaco's labels. The build defines it. */
declare const WORKERS: Record<string, string> & { editor: string };

declare var MonacoEnvironment: { getWorker(id: string, label: string): Worker };

declare module '*.graphql' {
  const text: string;
  export default text;
}
