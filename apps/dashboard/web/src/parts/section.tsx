import { Paper, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

interface SectionProps {
  readonly title: string;
  /** Behind the title: a button, a count. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a view under its own heading. */
export const Section = ({ title, aside, children }: SectionProps) => {
  const id = useId();
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={id} className="section">
      <div className="section-head">
        <Title order={2} size="h4" id={id}>
          {title}
        </Title>
        {aside}
      </div>
      {children}
    </Paper>
  );
};
