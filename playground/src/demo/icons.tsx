const PATHS = {
  home: 'M4 11 12 4l8 7v9h-5v-6H9v6H4Z',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm5-1.5L20 20',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l2 1H4Zm4 4h4',
  bookmark: 'M6 4h12v17l-6-5-6 5Z',
  users: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9a6 6 0 0 1 12 0M16 4.3a3.5 3.5 0 0 1 0 6.4M17 14.3A6 6 0 0 1 21 20',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9a8 8 0 0 1 16 0',
  heart: 'M12 20S4 15 4 9a4 4 0 0 1 8-1.5A4 4 0 0 1 20 9c0 6-8 11-8 11Z',
  comment: 'M4 5h16v11h-9l-5 4v-4H4Z',
  share: 'M4 12V8h13m0 0-3-3m3 3-3 3M20 12v4H7m0 0 3 3m-3-3 3-3',
  quote: 'M10 7H5v6h4c0 3-1 4-3 4M20 7h-5v6h4c0 3-1 4-3 4',
  picture: 'M4 5h16v14H4Zm0 11 5-5 4 4 3-3 4 4M15 9h.01',
  lock: 'M6 11h12v9H6Zm3 0V8a3 3 0 0 1 6 0v3',
  pin: 'M9 4h6l-1 7 4 3v1H6v-1l4-3ZM12 15v6',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
};
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
