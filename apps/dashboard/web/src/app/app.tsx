import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect } from 'react';
import { queryClient } from '../api/queries.js';
import { startRefreshing } from '../api/refresh.js';
import { Shell } from './shell.js';
import { theme } from './theme.js';

/** The whole page. Mantine's own style elements stay off: the Content-Security-Policy takes styles from files only. */
export const App = () => {
  useEffect(startRefreshing, []);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={queryClient}>
        <Shell />
      </QueryClientProvider>
    </MantineProvider>
  );
};
