"""What `pulumi up` runs: the stack's name says whether it is the platform or one tenant."""

from mto.program import main

main()
