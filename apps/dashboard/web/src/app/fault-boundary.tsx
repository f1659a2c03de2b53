import { Alert, Button, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';

/** Keeps a fault of one view from taking the whole page along: a file of the page that could not be loaded, mostly. */
export class FaultBoundary extends Component<{ readonly children: ReactNode }, { readonly fault: Error | undefined }> {
  override state: { readonly fault: Error | undefined } = { fault: undefined };

  static getDerivedStateFromError(fault: Error): { readonly fault: Error } {
    return { fault };
  }

  override render(): ReactNode {
    if (!this.state.fault) return this.props.children;
    return (
      <Alert color="red" title="This view cannot be shown" role="alert">
        <Text mb="sm">{this.state.fault.message}</Text>
        <Button variant="default" onClick={() => location.reload()}>
          Load the page again
        </Button>
      </Alert>
    );
  }
}
