import { Group, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { pastLimits } from '../app/as-of-band.js';

interface ViewTitleProps {
  readonly title: string;
  /** What this view cannot show of the past, in a sentence. */
  readonly past?: string;
  /** Buttons at the end of the line. */
  readonly children?: ReactNode;
}

/** The heading of a view, and the title of the page with it. */
export const ViewTitle = ({ title, past = '', children }: ViewTitleProps) => {
  useEffect(() => {
    document.title = `${title} · vfleet`;
    pastLimits.set(past);
  }, [title, past]);
  return (
    <Group justify="space-between" align="center" mb="md" gap="xs" className="view-title">
      <Title order={1} size="h2" className="wrap">
        {title}
      </Title>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
};
