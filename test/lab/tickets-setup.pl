# Fills a new Request Tracker of the practice lab: the queue, the user drp and his token.
# perl tickets-setup.pl QUEUE TOKEN; prints the token as it is to be sent. RT_SITE_CONFIG names the configuration.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
RT::LoadConfig();
RT::Init();

my ( $queue_name, $token ) = @ARGV;

sub made {
    my ( $ok, $message ) = @_;
    die "$message\n" unless $ok;
}

my $queue = RT::Queue->new( RT->SystemUser );
made( $queue->Create( Name => $queue_name, CorrespondAddress => 'tickets@kyc.test', CommentAddress => 'tickets-comment@kyc.test' ) );
made( $queue->AddWatcher( Type => 'AdminCc', Email => 'crisis@kyc.test' ) );

my $user = RT::User->new( RT->SystemUser );
made( $user->Create( Name => 'drp', EmailAddress => 'drp@kyc.test', Privileged => 1 ) );
for my $right (qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket OwnTicket)) {
    made( $user->PrincipalObj->GrantRight( Right => $right, Object => $queue ) );
}
made( $user->PrincipalObj->GrantRight( Right => 'ManageAuthTokens', Object => RT->System ) );

# The same token each time the lab is made: runbooks and notes that hold it stay valid.
no warnings 'redefine';
*RT::AuthToken::_GenerateToken = sub { $token };
my ( $id, $message, $sent ) = RT::AuthToken->new( RT::CurrentUser->new($user) )->Create( Owner => $user->id, Description => 'practice lab' );
made( $id, $message );
print "$sent\n";
