import type { FC, ReactNode, SVGProps } from 'react';

const icon = (drawing: ReactNode): FC<SVGProps<SVGSVGElement>> =>
  function Icon(properties) {
    return (
      <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" {...properties}>
        {drawing}
      </svg>
    );
  };

export const UserIcon = icon(<path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 8a8 8 0 0 1 16 0" />);
export const ShelfIcon = icon(<path d="M4 5h16M4 12h16M4 19h16M4 3v18M20 3v18M8 5v7m4-7v7m-3 0v7m6-7v7" />);
export const DrawingIcon = icon(<path d="M3 9h6v6H3zM15 3h6v6h-6zM15 15h6v6h-6zM9 12l6-6M9 12l6 6" />);
export const AnswerIcon = icon(<path d="M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z" />);
